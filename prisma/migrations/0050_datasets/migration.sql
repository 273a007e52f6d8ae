-- CreateTable
CREATE TABLE "Dataset" (
    "path" TEXT NOT NULL PRIMARY KEY,
    "owner" TEXT NOT NULL,
    "visibility" TEXT NOT NULL,
    "copies" INTEGER NOT NULL,
    "nextVersion" INTEGER NOT NULL,
    "createdAt" REAL NOT NULL
);

-- CreateTable
CREATE TABLE "DatasetVersion" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "path" TEXT NOT NULL,
    "version" INTEGER,
    "state" TEXT NOT NULL,
    "optionsJson" TEXT NOT NULL,
    "readingJson" TEXT NOT NULL,
    "bytes" REAL NOT NULL,
    "records" REAL NOT NULL,
    "blockCount" INTEGER NOT NULL,
    "sha256" TEXT NOT NULL,
    "createdAt" REAL NOT NULL,
    "changedAt" REAL NOT NULL
);

-- CreateTable
CREATE TABLE "DatasetBlock" (
    "versionId" TEXT NOT NULL,
    "place" INTEGER NOT NULL,
    "digest" TEXT NOT NULL,
    "bytes" INTEGER NOT NULL,
    "records" INTEGER NOT NULL,
    "skip" INTEGER NOT NULL DEFAULT 0,

    PRIMARY KEY ("versionId", "place")
);

-- CreateTable
CREATE TABLE "DatasetReader" (
    "versionId" TEXT NOT NULL,
    "jobId" TEXT NOT NULL,

    PRIMARY KEY ("versionId", "jobId")
);

-- CreateIndex
CREATE INDEX "DatasetVersion_state_idx" ON "DatasetVersion"("state");

-- CreateIndex
CREATE UNIQUE INDEX "DatasetVersion_path_version_key" ON "DatasetVersion"("path", "version");

-- CreateIndex
CREATE INDEX "DatasetBlock_digest_idx" ON "DatasetBlock"("digest");

-- CreateIndex
CREATE INDEX "DatasetReader_jobId_idx" ON "DatasetReader"("jobId");
