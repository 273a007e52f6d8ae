-- CreateTable
CREATE TABLE "DatasetImport" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "path" TEXT NOT NULL,
    "url" TEXT NOT NULL,
    "askedJson" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "uploadId" TEXT NOT NULL,
    "validator" TEXT,
    "length" REAL,
    "receivedBytes" REAL NOT NULL,
    "records" REAL NOT NULL,
    "blockCount" INTEGER NOT NULL,
    "breaks" INTEGER NOT NULL,
    "version" INTEGER,
    "problemJson" TEXT,
    "createdAt" REAL NOT NULL,
    "endedAt" REAL
);

-- CreateIndex
CREATE INDEX "DatasetImport_state_idx" ON "DatasetImport"("state");
