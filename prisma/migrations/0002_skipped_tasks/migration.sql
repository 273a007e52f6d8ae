-- AlterTable
ALTER TABLE "Acceptance" ADD COLUMN "isSkipped" BOOLEAN NOT NULL DEFAULT false;

-- AlterTable
ALTER TABLE "Acceptance" ADD COLUMN "errorJson" TEXT;
