-- AlterTable
ALTER TABLE "Job" ADD COLUMN "splitPlanJson" TEXT;
