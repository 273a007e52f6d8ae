-- AlterTable
ALTER TABLE "Job" ADD COLUMN "correctionJson" TEXT;

-- CreateTable
CREATE TABLE "Catch" (
    "volunteerId" TEXT NOT NULL PRIMARY KEY,
    "jobId" TEXT NOT NULL,
    "caughtAt" REAL NOT NULL,
    "isHandled" BOOLEAN NOT NULL DEFAULT false
);

-- CreateTable
CREATE TABLE "Recheck" (
    "jobId" TEXT NOT NULL,
    "volunteerId" TEXT NOT NULL,
    "isDone" BOOLEAN NOT NULL DEFAULT false,

    PRIMARY KEY ("jobId", "volunteerId")
);

-- CreateTable
CREATE TABLE "PastCopy" (
    "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "jobId" TEXT NOT NULL,
    "stage" TEXT NOT NULL,
    "taskIndex" INTEGER NOT NULL,
    "taskCount" INTEGER NOT NULL,
    "volunteerId" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "digest" TEXT,
    "verdict" TEXT NOT NULL,
    "leasedAt" REAL,
    "endedAt" REAL NOT NULL,
    "elapsedMs" REAL NOT NULL,
    "errorJson" TEXT
);

-- CreateIndex
CREATE INDEX "Catch_caughtAt_idx" ON "Catch"("caughtAt");

-- CreateIndex
CREATE INDEX "Recheck_isDone_idx" ON "Recheck"("isDone");

-- CreateIndex
CREATE INDEX "PastCopy_jobId_stage_taskIndex_idx" ON "PastCopy"("jobId", "stage", "taskIndex");
