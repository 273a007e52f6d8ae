-- CreateTable
CREATE TABLE "Job" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "name" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "programDigest" TEXT NOT NULL,
    "planJson" TEXT NOT NULL,
    "stagesJson" TEXT NOT NULL,
    "optionsJson" TEXT NOT NULL,
    "configJson" TEXT NOT NULL,
    "createdAt" REAL NOT NULL,
    "startedAt" REAL,
    "endedAt" REAL,
    "failureJson" TEXT,
    "idempotencyKey" TEXT,
    "requestDigest" TEXT
);

-- CreateTable
CREATE TABLE "Copy" (
    "jobId" TEXT NOT NULL,
    "stage" TEXT NOT NULL,
    "taskIndex" INTEGER NOT NULL,
    "volunteerId" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "digest" TEXT,
    "partsJson" TEXT,
    "verdict" TEXT NOT NULL,
    "leasedAt" REAL,
    "endedAt" REAL NOT NULL,
    "elapsedMs" REAL NOT NULL,
    "errorJson" TEXT,

    PRIMARY KEY ("jobId", "stage", "taskIndex", "volunteerId")
);

-- CreateTable
CREATE TABLE "Acceptance" (
    "jobId" TEXT NOT NULL,
    "stage" TEXT NOT NULL,
    "taskIndex" INTEGER NOT NULL,
    "digest" TEXT NOT NULL,
    "partsJson" TEXT NOT NULL,
    "recordCount" INTEGER NOT NULL,
    "byteCount" REAL NOT NULL,
    "acceptedAt" REAL NOT NULL,

    PRIMARY KEY ("jobId", "stage", "taskIndex")
);

-- CreateTable
CREATE TABLE "Volunteer" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "createdAt" REAL NOT NULL,
    "lastSeenAt" REAL NOT NULL,
    "acceptedTasks" INTEGER NOT NULL DEFAULT 0,
    "invalidTasks" INTEGER NOT NULL DEFAULT 0,
    "computeMs" REAL NOT NULL DEFAULT 0
);

-- CreateIndex
CREATE UNIQUE INDEX "Job_idempotencyKey_key" ON "Job"("idempotencyKey");

-- CreateIndex
CREATE INDEX "Job_state_idx" ON "Job"("state");

-- CreateIndex
CREATE INDEX "Job_createdAt_idx" ON "Job"("createdAt");

-- CreateIndex
CREATE INDEX "Copy_volunteerId_idx" ON "Copy"("volunteerId");
