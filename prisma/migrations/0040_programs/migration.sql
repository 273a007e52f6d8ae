-- AlterTable
ALTER TABLE "Job" ADD COLUMN "programId" TEXT;
ALTER TABLE "Job" ADD COLUMN "programVersion" INTEGER;

-- CreateTable
CREATE TABLE "Program" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "path" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "currentVersion" INTEGER NOT NULL,
    "lastVersion" INTEGER NOT NULL,
    "createdAt" REAL NOT NULL,
    "updatedAt" REAL NOT NULL
);

-- CreateTable
CREATE TABLE "ProgramVersion" (
    "programId" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "programDigest" TEXT NOT NULL,
    "runtimeJson" TEXT NOT NULL,
    "shapeJson" TEXT NOT NULL,
    "defaultsJson" TEXT NOT NULL,
    "byteCount" INTEGER NOT NULL,
    "createdAt" REAL NOT NULL,

    PRIMARY KEY ("programId", "version")
);

-- CreateTable
CREATE TABLE "Service" (
    "name" TEXT NOT NULL PRIMARY KEY,
    "programId" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "instances" INTEGER NOT NULL,
    "optionsJson" TEXT NOT NULL,
    "configJson" TEXT NOT NULL,
    "startedAt" REAL NOT NULL
);

-- CreateTable
CREATE TABLE "OutputLines" (
    "jobId" TEXT NOT NULL,
    "taskId" TEXT NOT NULL,
    "volunteerId" TEXT NOT NULL,
    "at" REAL NOT NULL,
    "byteCount" INTEGER NOT NULL,
    "linesJson" TEXT NOT NULL,

    PRIMARY KEY ("jobId", "taskId", "volunteerId")
);

-- CreateTable
CREATE TABLE "OutputFile" (
    "jobId" TEXT NOT NULL PRIMARY KEY,
    "digest" TEXT NOT NULL,
    "byteCount" REAL NOT NULL,
    "lineCount" INTEGER NOT NULL,
    "isCut" BOOLEAN NOT NULL
);

-- CreateIndex
CREATE UNIQUE INDEX "Program_path_key" ON "Program"("path");

-- CreateIndex
CREATE UNIQUE INDEX "Service_programId_key" ON "Service"("programId");

-- CreateIndex
CREATE INDEX "Job_programId_createdAt_idx" ON "Job"("programId", "createdAt");
