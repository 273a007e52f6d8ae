-- AlterTable
ALTER TABLE "Job" ADD COLUMN "submitter" TEXT;

-- AlterTable
ALTER TABLE "Job" ADD COLUMN "trustJson" TEXT;
