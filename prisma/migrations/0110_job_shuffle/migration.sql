-- AlterTable
ALTER TABLE "Job" ADD COLUMN "shuffleJson" TEXT;
