/**
 * coordinator → tab, with its answers: how long to gather outputs before reporting them. A busy coordinator takes many outputs in a message
 * where it could not take as many messages.
 */
import * as z from "zod";
import { LIMITS } from "../limits";

/** Milliseconds; absent for no such wish. A tab that does not know it reports sooner, which is no harm. */
export const PaceMs = z.int().min(0).max(LIMITS.paceMs).optional();
