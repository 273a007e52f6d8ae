-- AlterTable
ALTER TABLE "Job" ADD COLUMN "runtimeJson" TEXT;
