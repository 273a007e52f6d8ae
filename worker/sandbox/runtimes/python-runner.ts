import { LIMITS } from "../../../protocol/limits";

/** What Python holds of a map's output, when it does not combine. */
const HELD_BYTES = 8 * 1024 * 1024;
const CALL_RULE = `One call may emit ${LIMITS.heldOutputChars} characters (heldOutputChars). Use smaller records`;

/** The part of the runtime `python` that is Python. Its value is an object with load, map, split, reduce, and what gives their results. */
export const PYTHON_RUNNER = String.raw`
import inspect, json, random, re, sys

_LONG = re.compile(r"\d{16}")
# What a pair takes beside its text, and what is held before it is handed over: the same in every copy of a task.
_PAIR_WEIGHT = 160
_HELD_COMBINED, _HELD = ${LIMITS.mapSpillBytes}, ${HELD_BYTES}


def _text(value):
    """JSON with the keys of objects in order, so that equal values have equal texts."""
    text = json.dumps(value, allow_nan=False, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    if not isinstance(value, str) and _LONG.search(text):
        _check_numbers(value)
    return text


def _check_numbers(value):
    if isinstance(value, bool):
        return
    if isinstance(value, int) and abs(value) > 9007199254740991:
        raise ValueError(f"{value} has no exact JSON number; emit it as str({value})")
    if isinstance(value, dict):
        for part in value.values():
            _check_numbers(part)
    elif isinstance(value, (list, tuple)):
        for part in value:
            _check_numbers(part)


class _Context:
    def __init__(self, hooks, pairs):
        self._hooks, self._pairs, self._left, self._weight = hooks, pairs, ${LIMITS.heldOutputChars}, 0
        self.config = json.loads(hooks.config)

    def emit(self, key, value):
        if self._pairs is None:
            raise TypeError("split has nothing to emit: it gives items by yield, or returns a list")
        pair = _text(key), _text(value)
        chars = len(pair[0]) + len(pair[1])
        self._left -= chars
        self._weight += chars + _PAIR_WEIGHT
        if self._left < 0:
            raise OverflowError("${CALL_RULE}")
        self._pairs.append(pair)

    def log(self, *values):
        self._hooks.log(" ".join(str(value) for value in values))

    def progress(self, fraction):
        self._hooks.progress(fraction)

    def random(self):
        return self._hooks.random()


def _fitted(function, count):
    """A function that may be called with all arguments, of one that takes fewer of them."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return function
    if any(parameter.kind is parameter.VAR_POSITIONAL for parameter in parameters):
        return function
    positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    if len(positional) >= count:
        return function
    return lambda *arguments: function(*arguments[: len(positional)])


def _result(returned):
    if inspect.iscoroutine(returned):
        returned.close()
        raise TypeError("map, combine and reduce must be plain functions; got one that is async")
    if inspect.isgenerator(returned):
        raise TypeError("map, combine and reduce must return a value or emit; got a generator")
    return returned


def _records(text, hooks):
    """Bytes came beside the text, which says where they belong."""
    if hooks.bytesCount == 0:
        return json.loads(text)
    return json.loads(text, object_hook=lambda o: hooks.bytes(o["$bytes"]).to_bytes() if "$bytes" in o else o)


class _Runner:
    def load(self, source, file_name):
        self._scope = {"__name__": "program", "__file__": file_name}
        import linecache
        linecache.cache[file_name] = (len(source), None, source.splitlines(True), file_name)
        exec(compile(source, file_name, "exec"), self._scope)
        self._functions = {}
        for name, count in (("split", 2), ("map", 2), ("combine", 3), ("reduce", 3)):
            found = self._scope.get(name)
            if found is None:
                continue
            if not callable(found):
                raise TypeError(f"{name} must be a function; got {type(found).__name__}")
            self._functions[name] = _fitted(found, count)
        if "map" not in self._functions:
            raise TypeError("The program must define a function named map")
        has = {name: name in self._functions for name in ("combine", "reduce", "split")}
        aggregate = self._scope.get("aggregate")
        # A function of that name is the program's own affair.
        if aggregate is not None and not callable(aggregate):
            has["aggregate"] = aggregate if isinstance(aggregate, (str, dict)) else repr(aggregate)
        return json.dumps(has)

    def map(self, records_json, first, hooks):
        """Begins: the pairs come from take_mapped."""
        self._mapped = self._mapping(records_json, first, hooks)

    def take_mapped(self):
        """Some of the pairs as JSON, or None when there are no more."""
        return next(self._mapped, None)

    def _mapping(self, records_json, first, hooks):
        pairs = []
        context = self._begin(hooks, pairs)
        function = self._functions["map"]
        combines = "combine" in self._functions
        most = _HELD_COMBINED if combines else _HELD
        for index, record in enumerate(_records(records_json, hooks)):
            context._left = ${LIMITS.heldOutputChars}
            try:
                value = _result(function(record, context))
                if value is not None:
                    context.emit(first + index, value)
            except BaseException:
                hooks.mark(index)
                raise
            if context._weight <= most:
                continue
            if combines:
                pairs[:] = self._combined(pairs, hooks)
                context._weight = sum(len(key) + len(value) + _PAIR_WEIGHT for key, value in pairs)
                # What is left of many values may soon be combined again.
                if context._weight <= most // 2:
                    continue
            yield _joined(pairs)
            pairs.clear()
            context._weight = 0
        hooks.mark(None)
        yield _joined(self._combined(pairs, hooks) if combines else pairs)

    def split(self, records_json, hooks):
        """Begins: the items come from take."""
        context = _Context(hooks, None)
        random.seed(hooks.seed)
        given = self._functions["split"](_records(records_json, hooks), context)
        if inspect.iscoroutine(given):
            given.close()
            raise TypeError("split must be a plain function or generator; got one that is async")
        if isinstance(given, (str, bytes, dict)) or not hasattr(given, "__iter__"):
            raise TypeError(f"split must be a generator, or return a list of the items that map is given; got {type(given).__name__}")
        self._items = iter(given)

    def take(self):
        """Some of the items, as a list of JSON; an empty one when there are no more."""
        texts, chars = [], 0
        for item in self._items:
            texts.append(_text(item))
            chars += len(texts[-1])
            if len(texts) == 1000 or chars > 100_000:
                break
        return "[" + ",".join(texts) + "]"

    def _combined(self, pairs, hooks):
        groups = {}
        for key, value in pairs:
            groups.setdefault(key, []).append(value)
        combined = []
        context = _Context(hooks, combined)
        function = self._functions["combine"]
        for key, values in groups.items():
            value = _result(function(json.loads(key), json.loads(f"[{','.join(values)}]"), context))
            if value is not None:
                combined.append((key, _text(value)))
        return combined

    def begin(self, hooks):
        self._begin(hooks, [])

    def reduce(self, name, groups_json, hooks):
        pairs = []
        context = _Context(hooks, pairs)
        function = self._functions[name]
        for key, values in json.loads(groups_json):
            value = _result(function(key, values, context))
            if value is not None:
                context.emit(key, value)
        return _joined(pairs)

    def _begin(self, hooks, pairs):
        random.seed(hooks.seed)
        return _Context(hooks, pairs)


def _joined(pairs):
    return "[" + ",".join(f"[{key},{value}]" for key, value in pairs) + "]"


_Runner()
`;
