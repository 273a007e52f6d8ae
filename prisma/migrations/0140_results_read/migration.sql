-- AlterTable
ALTER TABLE "Job" ADD COLUMN "readsJson" TEXT;
ALTER TABLE "Job" ADD COLUMN "repeats" TEXT;

-- CreateIndex
CREATE INDEX "Job_repeats_idx" ON "Job"("repeats");
