-- RedefineTables
PRAGMA defer_foreign_keys=ON;
PRAGMA foreign_keys=OFF;
CREATE TABLE "new_Catch" (
    "volunteerId" TEXT NOT NULL,
    "jobId" TEXT NOT NULL,
    "caughtAt" REAL NOT NULL,
    "isHandled" BOOLEAN NOT NULL DEFAULT false,

    PRIMARY KEY ("volunteerId", "jobId")
);
INSERT INTO "new_Catch" ("caughtAt", "isHandled", "jobId", "volunteerId") SELECT "caughtAt", "isHandled", "jobId", "volunteerId" FROM "Catch";
DROP TABLE "Catch";
ALTER TABLE "new_Catch" RENAME TO "Catch";
CREATE INDEX "Catch_caughtAt_idx" ON "Catch"("caughtAt");
PRAGMA foreign_keys=ON;
PRAGMA defer_foreign_keys=OFF;
