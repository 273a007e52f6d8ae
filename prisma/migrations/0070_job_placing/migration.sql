-- AlterTable
ALTER TABLE "Job" ADD COLUMN "placingJson" TEXT;
