-- CreateTable
CREATE TABLE "JobRead" (
    "sourceId" TEXT NOT NULL,
    "jobId" TEXT NOT NULL,

    PRIMARY KEY ("sourceId", "jobId")
);

-- What jobs were made of until now.
INSERT INTO "JobRead" ("sourceId", "jobId")
SELECT DISTINCT json_extract(r."value", '$.jobId'), j."id"
FROM "Job" AS j JOIN json_each(j."readsJson") AS r;

-- CreateIndex
CREATE INDEX "Job_correctionJson_idx" ON "Job"("correctionJson");

-- AlterTable
ALTER TABLE "Pipeline" ADD COLUMN "repeats" TEXT;

-- CreateIndex
CREATE INDEX "Pipeline_repeats_idx" ON "Pipeline"("repeats");
