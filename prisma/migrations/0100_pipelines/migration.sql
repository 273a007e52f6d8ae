-- CreateTable
CREATE TABLE "Pipeline" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "name" TEXT NOT NULL,
    "submitter" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "specDigest" TEXT NOT NULL,
    "planJson" TEXT NOT NULL,
    "runJson" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "createdAt" REAL NOT NULL,
    "endedAt" REAL,
    "isSettled" BOOLEAN NOT NULL DEFAULT false,
    "idempotencyKey" TEXT,
    "requestDigest" TEXT
);

-- CreateIndex
CREATE UNIQUE INDEX "Pipeline_idempotencyKey_key" ON "Pipeline"("idempotencyKey");

-- CreateIndex
CREATE INDEX "Pipeline_isSettled_idx" ON "Pipeline"("isSettled");

-- CreateIndex
CREATE INDEX "Pipeline_createdAt_idx" ON "Pipeline"("createdAt");
