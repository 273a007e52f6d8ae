-- CreateTable
CREATE TABLE "ProgramRecord" (
    "program" TEXT NOT NULL,
    "volunteerId" TEXT NOT NULL,
    "agreed" INTEGER NOT NULL,
    "keptAt" REAL NOT NULL,

    PRIMARY KEY ("program", "volunteerId")
);

-- CreateIndex
CREATE INDEX "ProgramRecord_volunteerId_idx" ON "ProgramRecord"("volunteerId");
