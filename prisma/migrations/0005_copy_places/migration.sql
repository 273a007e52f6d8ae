-- AlterTable
ALTER TABLE "Copy" ADD COLUMN "address" TEXT;

-- AlterTable
ALTER TABLE "Copy" ADD COLUMN "arithmetic" TEXT;
