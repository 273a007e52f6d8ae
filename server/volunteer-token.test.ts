import { describe, expect, it } from "vitest";
import { VolunteerId } from "../protocol/ids";
import { newVolunteerToken, volunteerCookie, volunteerIdFromCookies, volunteerIdOf } from "./volunteer-token";

const token = "A".repeat(43);

describe("volunteer tokens", () => {
  it("[VT1] derives the same public id from a token every time, without showing the token", () => {
    expect(volunteerIdOf(token)).toBe("v_0f007385b6f9d4b7");
    expect(VolunteerId.safeParse(volunteerIdOf(token)).success).toBe(true);
  });

  it("[VT2] finds the volunteer among a request's cookies", () => {
    expect(volunteerIdFromCookies(`a=b; tabgrid_volunteer=${token}; c=d`)).toBe(volunteerIdOf(token));
  });

  it.each([
    undefined,
    null,
    "",
    "tabgrid_volunteer",
    "tabgrid_volunteer=short",
    `x_tabgrid_volunteer=${token}`,
  ])("[VT3] knows nobody by the cookies %j", (header) => {
    expect(volunteerIdFromCookies(header)).toBeNull();
  });

  it("[VT4] makes tokens that its own cookie brings back, and no two alike", () => {
    const [one, two] = [newVolunteerToken(), newVolunteerToken()];
    expect(one).not.toBe(two);
    expect(volunteerIdFromCookies(volunteerCookie(one, false).split(";")[0])).toBe(volunteerIdOf(one));
  });

  it("[VT5] keeps the cookie from scripts and other sites for two years, and from plain http where there is https", () => {
    const cookie = `tabgrid_volunteer=${token}; HttpOnly; SameSite=Lax; Path=/; Max-Age=63072000`;
    expect(volunteerCookie(token, false)).toBe(cookie);
    expect(volunteerCookie(token, true)).toBe(`${cookie}; Secure`);
  });
});
