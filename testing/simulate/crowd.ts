/** Fills a simulated grid with volunteers as a scenario says, and keeps count of what they could have done. */
import type { Chance } from "../../core/chance";
import { taskIdParts, type Digest, type TaskId, type VolunteerId } from "../../protocol/ids";
import { volunteer } from "../builders";
import type { CoordinatorDoor } from "../simulated-coordinator";
import { createVolunteer, type Nature, type SimulatedVolunteer } from "../simulated-volunteer";
import type { VirtualClock } from "../virtual-clock";
import { STRAGGLE, type LargeScenario } from "./scenarios";

/** Mean time of a task with a volunteer of middling speed. */
const TASK_MS = 4_000;
/** `createVolunteer` draws each task's time from 0.5 to 2 times its volunteer's. */
const MEAN_DRAW = 1.25;
/** How often colluders that sit together report: each has done the two tasks by then that it is given at a time, as many as others do. */
const TOGETHER = { togetherMs: 10_000, latencyMs: 50, taskMs: TASK_MS, draw: [0.25, 1] } as const;

export interface Crowd {
  /** When as many tasks would have been done as there are, each once, had nobody ever waited. */
  idealMs(tasks: number): number;
  /** Who gives wrong answers, sooner or later. */
  liars: ReadonlySet<VolunteerId>;
}

/** Whose output a digest stands for: all honest volunteers give the same, and so do all colluders. */
const HONEST = 0;
const COLLUDER = 1;
const FIRST_LIAR = 2;

export function honestDigest(taskId: TaskId): Digest {
  return digestOf(taskId, HONEST);
}

/** As long as a real one, so that simulations take the memory that coordinators do. */
function digestOf(taskId: TaskId, teller: number): Digest {
  const task = taskIdParts(taskId).index.toString(16).padStart(8, "0");
  return `${task}${teller.toString(16).padStart(56, "0")}` as Digest;
}

export function gatherCrowd(
  scenario: LargeScenario,
  volunteers: number,
  coordinator: CoordinatorDoor,
  clock: VirtualClock,
  chance: Chance,
): Crowd {
  const startAt = clock.now();
  /** Changes of the tasks a millisecond that all who are there can do, in the order of their time. */
  const changes: { atMs: number; tasksPerMs: number }[] = [];
  let born = 0;
  const liars = new Set<VolunteerId>();
  const { presence } = scenario;
  for (let count = 0; count < volunteers; count++) bringIn(count / volunteers);
  if (presence.type === "crowd") {
    for (let count = 0; count < presence.volunteers; count++) {
      clock.in(presence.afterMs + chance.between(0, presence.withinMs), () => bringIn(chance.next()));
    }
  }

  function bringIn(place: number): void {
    const nature = natureOf(scenario, born++, place, chance);
    if (isLiarAt(scenario, place)) liars.add(nature.id);
    const added = createVolunteer(nature, coordinator, clock, chance);
    // A liar does no more of the work for answering at once.
    const hurry = isLiarAt(scenario, place) ? scenario.liarSpeed : 1;
    const speed = nature.slots / (nature.taskMs * hurry * MEAN_DRAW);
    const note = (tasksPerMs: number) => changes.push({ atMs: clock.now() - startAt, tasksPerMs });
    const come = () => {
      note(speed);
      added.connect();
    };
    if (presence.type === "churn") {
      // Not all at once, as it is on a grid that has been running for a while.
      clock.in(chance.between(0, 2_000), come);
      const visitMs = Math.min(exponential(presence.meanVisitMs, chance), untilExodus(presence.exodusMs));
      clock.in(visitMs, () => {
        note(-speed);
        leave(added, chance.happens(0.5), null);
        clock.in(chance.between(0, 30_000), () => bringIn(place));
      });
      return;
    }
    if (presence.type === "diurnal") {
      const awakeMs = presence.dayMs * presence.awakeShare;
      clock.in(chance.between(0, presence.dayMs * 0.3), () => live(added, come, note, speed, awakeMs));
      return;
    }
    const afterMs = isLiarAt(scenario, place) ? scenario.liarsAfterMs : 0;
    clock.in(afterMs + chance.between(0, 2_000), come);
  }

  /** How long until half of those who are there leave at once, if this one is among them. */
  function untilExodus(everyMs: number): number {
    const passedMs = (clock.now() - startAt) % everyMs;
    return chance.happens(0.5) ? everyMs - passedMs : 2 * everyMs - passedMs;
  }

  /** Day after day: awake, then away with the outbox kept. */
  function live(
    added: SimulatedVolunteer,
    come: () => void,
    note: (tasksPerMs: number) => void,
    speed: number,
    awakeMs: number,
  ): void {
    if (presence.type !== "diurnal") return;
    const { dayMs } = presence;
    come();
    clock.in(awakeMs, () => {
      note(-speed);
      leave(added, true, dayMs - awakeMs);
      clock.in(dayMs - awakeMs, () => live(added, () => note(speed), note, speed, awakeMs));
    });
  }

  return {
    liars,
    idealMs(tasks) {
      let [done, atMs, tasksPerMs] = [0, 0, 0];
      for (const change of changes) {
        const more = (change.atMs - atMs) * tasksPerMs;
        if (done + more >= tasks) break;
        done += more;
        atMs = change.atMs;
        tasksPerMs += change.tasksPerMs;
      }
      return atMs + (tasks - done) / tasksPerMs;
    },
  };
}

function leave(leaving: SimulatedVolunteer, saysGoodbye: boolean, awayMs: number | null): void {
  leaving.closeTab({ saysGoodbye, keepsOutbox: true, awayMs });
}

const isLiarAt = ({ liarShare }: LargeScenario, place: number) => place < liarShare;

/** @param place From 0 to 1: who stands first lies, and who stands last straggles. */
function natureOf(scenario: LargeScenario, number: number, place: number, chance: Chance): Nature {
  const id = `v${number}`;
  const isLiar = isLiarAt(scenario, place);
  const straggle = 1 - place <= scenario.stragglerShare ? STRAGGLE : 1;
  let answered = 0;
  return {
    id: volunteer(id),
    latencyMs: chance.between(5, 100),
    taskMs: (TASK_MS * chance.between(0.5, 2) * straggle) / (isLiar ? scenario.liarSpeed : 1),
    slots: 1,
    ...(isLiar && scenario.areTogether ? TOGETHER : {}),
    repeats: 0,
    losesAnswers: 0,
    answerTo(taskId) {
      answered += 1;
      if (!isLiar || answered <= scenario.honestFirst) return { digest: honestDigest(taskId) };
      // Colluders agree beforehand on where they lie; the others each choose for themselves.
      const draw = scenario.areColluding ? shareOf(taskId) : chance.next();
      if (draw >= scenario.lyingRate) return { digest: honestDigest(taskId) };
      return { digest: digestOf(taskId, scenario.areColluding ? COLLUDER : FIRST_LIAR + number) };
    },
  };
}

/** A number from 0 to 1 that depends on the task alone. */
function shareOf(taskId: TaskId): number {
  let hash = 7;
  for (const letter of taskId) hash = (Math.imul(hash, 31) + letter.charCodeAt(0)) >>> 0;
  return (Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) >>> 0) / 2 ** 32;
}

function exponential(mean: number, chance: Chance): number {
  return -mean * Math.log(1 - chance.next());
}
