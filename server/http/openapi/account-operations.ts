/** The operations on accounts, for the API's document. */
import { AccountView, Membership, NewAccount } from "../../../protocol/account";
import { jsonAnswer, problems, type Paths } from "./answers";
import * as examples from "./examples";

const tags = ["accounts"];
/** As `securitySchemes` has it. */
const BY_KEY = [{ accountKey: [] }];
const membership = (description: string) => jsonAnswer(description, Membership, examples.membership);
const NO_COOKIE = "The volunteer is the one of the cookie that `POST /api/v1/volunteers/session` sets.";

export const accountPaths: Paths = {
  "/api/v1/accounts": {
    post: {
      tags,
      operationId: "createAccount",
      summary: "Make an account, to link one's browsers and machines by",
      description:
        "There is nothing personal in it. Whoever has the key may join it and see what came of it.",
      responses: {
        "201": jsonAnswer("Its id, and its key, which is told this once.", NewAccount, examples.newAccount),
        ...problems("invalid-input", "quota-exceeded", "overloaded", "disk-full"),
      },
    },
  },
  "/api/v1/accounts/me": {
    get: {
      tags,
      operationId: "getAccount",
      summary: "An account, its volunteers, and what they have earned",
      security: BY_KEY,
      responses: {
        "200": jsonAnswer("The account of the key.", AccountView, examples.account),
        ...problems("invalid-input", "account-key-wrong", "overloaded"),
      },
    },
  },
  "/api/v1/volunteers/me/account": {
    get: {
      tags,
      operationId: "getMembership",
      summary: "Which account this volunteer belongs to",
      description: NO_COOKIE,
      responses: {
        "200": membership("The account's id, or null."),
        ...problems("invalid-input", "overloaded"),
      },
    },
    put: {
      tags,
      operationId: "joinAccount",
      summary: "Join an account",
      description:
        `${NO_COOKIE} One that belongs to another account changes over. What it has earned, and what it has shown, stay its own; ` +
        "copies of one task no longer go to it and to another volunteer of the account.",
      security: BY_KEY,
      responses: {
        "200": membership("The account of the key."),
        ...problems("invalid-input", "account-key-wrong", "quota-exceeded", "overloaded", "disk-full"),
      },
    },
    delete: {
      tags,
      operationId: "leaveAccount",
      summary: "Leave the account",
      description: `${NO_COOKIE} It takes along what it has earned. Nothing happens when it belongs to none.`,
      responses: {
        "200": membership("None from now on: null."),
        ...problems("invalid-input", "overloaded", "disk-full"),
      },
    },
  },
};
