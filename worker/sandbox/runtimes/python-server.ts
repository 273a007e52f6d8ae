/** The part of services in Python that is Python. Its value is an object with load, start and handle. */
export const PYTHON_SERVER = String.raw`
import base64, inspect, json, linecache


class _Request:
    def __init__(self, asked, body):
        self.method, self.path = asked["method"], asked["path"]
        self.query, self.headers, self.body = asked["query"], asked["headers"], body

    def text(self):
        return self.body.decode()

    def json(self):
        return json.loads(self.body)


class _Data:
    def __init__(self, facts, bytes_of):
        self.path, self.version = facts["path"], facts["version"]
        self._bytes_of, self._bytes = bytes_of, None

    @property
    def bytes(self):
        if self._bytes is None:
            self._bytes = self._bytes_of().to_bytes()
        return self._bytes

    def text(self):
        return self.bytes.decode()


class _Context:
    def __init__(self, hooks, data):
        facts = json.loads(hooks.facts)
        self.config, self.service, self.data = facts["config"], facts["service"], data
        self._hooks = hooks

    def log(self, *values):
        self._hooks.log(" ".join(str(value) for value in values))

    def random(self):
        return self._hooks.random()


def _answer(returned):
    """What handle returned: a body, (status, body) or (status, body, headers)."""
    if inspect.iscoroutine(returned):
        returned.close()
        raise TypeError("handle must be a plain function; got one that is async")
    status, body, headers = None, returned, {}
    if isinstance(returned, tuple):
        status, body, headers = (*returned, {}) if len(returned) == 2 else returned
    if body is None:
        kind, content, usual = None, b"", 204
    elif isinstance(body, (bytes, bytearray, memoryview)):
        kind, content, usual = "application/octet-stream", bytes(body), 200
    elif isinstance(body, str):
        kind, content, usual = "text/plain; charset=utf-8", body.encode(), 200
    else:
        text = json.dumps(body, allow_nan=False, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        kind, content, usual = "application/json", text.encode(), 200
    named = {str(name).lower(): str(value) for name, value in headers.items()}
    if kind is not None:
        named.setdefault("content-type", kind)
    body = base64.b64encode(content).decode()
    return json.dumps({"status": usual if status is None else status, "headers": named, "body": body})


class _Server:
    def __init__(self):
        self._data = None

    def load(self, source, file_name):
        self._scope = {"__name__": "program", "__file__": file_name}
        linecache.cache[file_name] = (len(source), None, source.splitlines(True), file_name)
        exec(compile(source, file_name, "exec"), self._scope)
        for name in ("handle", "start"):
            found = self._scope.get(name)
            if found is None and name == "handle":
                raise TypeError("The program of a service must define a function named handle")
            if found is not None and not callable(found):
                raise TypeError(f"{name} must be a function; got {type(found).__name__}")

    def start(self, hooks):
        facts = json.loads(hooks.facts)
        if facts["data"] is not None:
            self._data = _Data(facts["data"], hooks.bytes)
        start = self._scope.get("start")
        if start is not None:
            start(_Context(hooks, self._data))

    def handle(self, asked, body, hooks):
        request = _Request(json.loads(asked), base64.b64decode(body))
        return _answer(self._scope["handle"](request, _Context(hooks, self._data)))


_Server()
`;
