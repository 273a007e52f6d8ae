-- AlterTable
ALTER TABLE "Copy" ADD COLUMN "account" TEXT;

-- AlterTable
ALTER TABLE "PastCopy" ADD COLUMN "account" TEXT;

-- AlterTable
ALTER TABLE "Volunteer" ADD COLUMN "account" TEXT;

-- CreateTable
CREATE TABLE "Account" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "keyDigest" TEXT NOT NULL,
    "createdAt" REAL NOT NULL
);

-- CreateIndex
CREATE INDEX "Volunteer_account_idx" ON "Volunteer"("account");
