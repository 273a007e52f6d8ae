"""A client of Tabgrid's REST API with nothing but Python's standard library.

Written by hand from the OpenAPI document at /api/v1/openapi.json: three operations of it are enough to submit a job,
to follow it and to read its result.

    submitJob   POST /api/v1/jobs                                 with an Idempotency-Key, so that it may be sent again
    watchJob    GET  /api/v1/jobs/{id}/events                     server-sent events
    readResult  GET  /api/v1/jobs/{id}/result?follow=1&skip=n     one record a line, goes on where it broke off
"""

import http.client
import json
import time
import urllib.error
import urllib.request
import uuid

ATTEMPTS = 6


class Refused(Exception):
    """The coordinator said no; `problem` is its answer, as RFC 9457 has it."""

    def __init__(self, problem):
        super().__init__(problem.get("detail") or problem["title"])
        self.problem = problem


class Client:
    def __init__(self, url):
        self.url = url.rstrip("/")

    def submit(self, submission):
        """Hands in a job, once, however often it takes. Returns its view."""
        headers = {"content-type": "application/json", "idempotency-key": str(uuid.uuid4())}
        body = json.dumps(submission).encode()
        with self._open("POST", "/api/v1/jobs", body, headers) as answer:
            return json.load(answer)

    def job(self, job_id):
        with self._open("GET", f"/api/v1/jobs/{job_id}") as answer:
            return json.load(answer)

    def events(self, job_id):
        """Yields the name and data of each event until the job has ended."""
        with self._open("GET", f"/api/v1/jobs/{job_id}/events") as answer:
            name, data = "message", []
            for raw in answer:
                line = raw.decode().rstrip("\n")
                field, _, value = line.partition(":")
                if field == "event":
                    name = value.strip()
                elif field == "data":
                    data.append(value.strip())
                elif line == "" and data:
                    if name == "end":
                        return
                    yield name, json.loads("\n".join(data))
                    name, data = "message", []

    def result(self, job_id):
        """Yields the records as they come in, each once, also when the connection breaks."""
        told = 0
        for attempt in range(ATTEMPTS):
            try:
                with self._open("GET", f"/api/v1/jobs/{job_id}/result?follow=1&skip={told}") as answer:
                    for line in answer:
                        if not line.endswith(b"\n"):
                            break
                        yield json.loads(line)
                        told += 1
                    else:
                        return
            except (OSError, http.client.HTTPException):
                if attempt == ATTEMPTS - 1:
                    raise
            time.sleep(0.25 * 2**attempt)
        raise ConnectionError(f"the result of {job_id} broke off {ATTEMPTS} times")

    def _open(self, method, path, body=None, headers=None):
        request = urllib.request.Request(self.url + path, data=body, method=method, headers=headers or {})
        for attempt in range(ATTEMPTS):
            try:
                return urllib.request.urlopen(request)
            except urllib.error.HTTPError as error:
                problem = json.load(error)
                if error.code != 503 or attempt == ATTEMPTS - 1:
                    raise Refused(problem) from None
                time.sleep(float(error.headers.get("retry-after", 1)))
            except urllib.error.URLError:
                if attempt == ATTEMPTS - 1:
                    raise
                time.sleep(0.25 * 2**attempt)
