"""Walking through a server's address space: the children of a node, what nodes hold now, and where a name is found.

Everything is bounded: a folder of thousands shows its first MAX_CHILDREN and says so; a search looks at so many nodes and no
longer than so long. Nodes are named with the URI of their namespace.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, NamedTuple

from asyncua import ua

from calha.connectors.opcua.limits import MAX_CHILDREN, MAX_FOUND, MAX_SEARCHED, SEARCH_S
from calha.connectors.opcua.session import Session, require_all
from calha.connectors.opcua.wire import Changes, Strange
from calha.domain.connections import read_node_id, write_node_id
from calha.domain.errors import NotFound
from calha.domain.quality import of_status
from calha.domain.readings import Micros

AT_ONCE: Final = 100  # folders asked for in one request of a search
MAX_TEXT_CHARS: Final = 200

NodeClass = Literal["object", "variable"]


class Child(NamedTuple):
    node: str
    name: str
    kind: NodeClass


@dataclass(frozen=True, slots=True)
class Children:
    """more: there are others that are not shown."""

    items: Sequence[Child]
    more: bool


class Found(NamedTuple):
    """path: names of the folders above, from the top."""

    child: Child
    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Search:
    """complete: whether all nodes were looked at."""

    items: Sequence[Found]
    searched: int
    complete: bool


@dataclass(frozen=True, slots=True)
class Content:
    """What a node holds now. value: None for a bad one. type: as the server calls it. takes: whether a channel can
    take it. unit: of its EngineeringUnits, if asked for and there are any.
    """

    node: str
    value: float | str | bool | None
    type: str
    takes: bool
    status: str
    quality: str
    source_at: Micros | None
    unit: str = ""


async def children(session: Session, node: str | None) -> Children:
    """What lies below a node; below Objects for None. Raises NotFound, ConnectionFailed."""
    start = _known(session, node) if node is not None else ua.NodeId(ua.ObjectIds.ObjectsFolder)
    found, more = (await _browse(session, [start], MAX_CHILDREN))[0]
    return Children([_child(session, one) for one in found], more)


async def contents(session: Session, nodes: Sequence[str], with_units: bool) -> list[Content]:
    """What nodes hold, in their order. Raises NotFound, ConnectionFailed."""
    known = [_known(session, node) for node in nodes]
    found: list[Content] = []
    for start in range(0, len(known), session.limits.read):
        part = known[start : start + session.limits.read]
        changes = await session.values(part)
        types = await _types(session, part)
        named = nodes[start : start + len(part)]
        found += [_content(changes, place, node, types[place]) for place, node in enumerate(named)]
    if with_units:
        units = await _units(session, known)
        found = [_with_unit(content, unit) for content, unit in zip(found, units, strict=True)]
    return found


async def search(session: Session, words: str) -> Search:
    """Variables whose name or node id holds the words. Raises ConnectionFailed."""
    wanted = words.casefold().split()
    hits: list[Found] = []
    searched, ends = 0, time.monotonic() + SEARCH_S
    async for parent_path, child in _walk(session):
        searched += 1
        text = f"{child.name} {child.node}".casefold()
        if child.kind == "variable" and all(word in text for word in wanted):
            hits.append(Found(child, parent_path))
        if len(hits) >= MAX_FOUND or searched >= MAX_SEARCHED or time.monotonic() > ends:
            return Search(hits, searched, complete=False)
    return Search(hits, searched, complete=True)


async def _walk(session: Session) -> AsyncGenerator[tuple[tuple[str, ...], Child]]:
    """Every node below Objects once, those near the top first; not the server's own."""
    seen: set[Any] = {ua.NodeId(ua.ObjectIds.Server)}
    level: list[tuple[tuple[str, ...], Any]] = [((), ua.NodeId(ua.ObjectIds.ObjectsFolder))]
    while level:
        below: list[tuple[tuple[str, ...], Any]] = []
        for start in range(0, len(level), min(AT_ONCE, session.limits.browse)):
            part = level[start : start + min(AT_ONCE, session.limits.browse)]
            answers = await _browse(session, [node for _, node in part], MAX_SEARCHED)
            for (path, _), (found, _) in zip(part, answers, strict=True):
                for one in found:
                    if one.NodeId in seen:
                        continue
                    seen.add(one.NodeId)
                    child = _child(session, one)
                    yield path, child
                    below.append(((*path, child.name), one.NodeId))
            await asyncio.sleep(0)
        level = below


async def _browse(session: Session, nodes: Sequence[Any], most: int) -> list[tuple[list[Any], bool]]:
    """For each node (references to what lies below it, whether there are more)."""
    request = ua.BrowseRequest()
    request.Parameters.RequestedMaxReferencesPerNode = most
    request.Parameters.NodesToBrowse = [_question(node) for node in nodes]
    answer = await session.call(request, ua.BrowseResponse)
    results = answer.Results or []
    require_all(len(results), len(nodes))
    found = []
    for node, result in zip(nodes, results, strict=True):
        if result.StatusCode.value == ua.StatusCodes.BadNoContinuationPoints and len(nodes) > 1:
            found += await _browse(session, [node], most)  # the server keeps few of them at a time
            continue
        references = list(result.References or [])
        point = result.ContinuationPoint
        while point and len(references) < most:
            point = await _browse_next(session, point, references)
        if point:
            await _forget(session, point)
        found.append((references[:most], bool(point) or len(references) > most))
    return found


async def _browse_next(session: Session, point: bytes, references: list[Any]) -> bytes | None:
    request = ua.BrowseNextRequest()
    request.Parameters.ReleaseContinuationPoints = False
    request.Parameters.ContinuationPoints = [point]
    result = (await session.call(request, ua.BrowseNextResponse)).Parameters.Results[0]
    references += result.References or []
    next_point: bytes | None = result.ContinuationPoint
    return next_point if result.References else None


async def _forget(session: Session, point: bytes) -> None:
    request = ua.BrowseNextRequest()
    request.Parameters.ReleaseContinuationPoints = True
    request.Parameters.ContinuationPoints = [point]
    await session.call(request, ua.BrowseNextResponse)


def _question(node: Any) -> Any:  # noqa: ANN401 - ua.NodeId, ua.BrowseDescription
    question = ua.BrowseDescription()
    question.NodeId = node
    question.BrowseDirection = ua.BrowseDirection.Forward
    question.ReferenceTypeId = ua.NodeId(ua.ObjectIds.HierarchicalReferences)
    question.IncludeSubtypes = True
    question.NodeClassMask = ua.NodeClass.Object | ua.NodeClass.Variable
    question.ResultMask = ua.BrowseResultMask.All
    return question


def _child(session: Session, reference: Any) -> Child:  # noqa: ANN401 - ua.ReferenceDescription
    name = reference.DisplayName.Text or reference.BrowseName.Name or ""
    kind: NodeClass = "variable" if reference.NodeClass == ua.NodeClass.Variable else "object"
    return Child(_text(session, reference.NodeId), str(name), kind)


def _text(session: Session, node: Any) -> str:  # noqa: ANN401 - ua.NodeId
    index = int(node.NamespaceIndex)
    uri = session.namespaces[index] if 0 < index < len(session.namespaces) else ""
    plain = str(node.to_string())
    kind, _, identifier = plain.partition(";")[2].partition("=") if plain.startswith("ns=") else plain.partition("=")
    return write_node_id(uri, kind, identifier) if uri or not index else plain


def _known(session: Session, node: str) -> Any:  # noqa: ANN401 - ua.NodeId
    found = session.node(read_node_id(node))
    if found is None:
        raise NotFound(f"the server has no namespace of {node!r}", "unknown_namespace", node=node)
    return found


async def _types(session: Session, nodes: Sequence[Any]) -> list[str]:
    request = ua.ReadRequest()
    request.Parameters.NodesToRead = [ua.ReadValueId(node, ua.AttributeIds.DataType) for node in nodes]
    answer = await session.call(request, ua.ReadResponse)
    results = answer.Results or []
    require_all(len(results), len(nodes))
    return [_type_name(result) for result in results]


def _type_name(result: Any) -> str:  # noqa: ANN401 - ua.DataValue
    node = result.Value.Value if result.Value is not None else None
    if node is None:
        return ""
    if int(node.NamespaceIndex) == 0 and isinstance(node.Identifier, int):
        return str(ua.ObjectIdNames.get(int(node.Identifier), node.Identifier))
    return str(node.to_string())


async def _units(session: Session, nodes: Sequence[Any]) -> list[str]:
    """Symbols of the EngineeringUnits of nodes; empty where there are none."""
    request = ua.TranslateBrowsePathsToNodeIdsRequest()
    request.Parameters.BrowsePaths = [_path_to_unit(node) for node in nodes]
    answer = await session.call(request, ua.TranslateBrowsePathsToNodeIdsResponse)
    results = answer.Results or []
    require_all(len(results), len(nodes))
    targets = [
        result.Targets[0].TargetId if result.StatusCode.is_good() and result.Targets else None for result in results
    ]
    asked = [target for target in targets if target is not None]
    if not asked:
        return [""] * len(nodes)
    request = ua.ReadRequest()
    request.Parameters.NodesToRead = [ua.ReadValueId(node, ua.AttributeIds.Value) for node in asked]
    results = (await session.call(request, ua.ReadResponse)).Results or []
    require_all(len(results), len(asked))
    read = iter(results)
    return [_unit_symbol(next(read)) if target is not None else "" for target in targets]


def _path_to_unit(node: Any) -> Any:  # noqa: ANN401 - ua.NodeId, ua.BrowsePath
    path = ua.BrowsePath()
    path.StartingNode = node
    step = ua.RelativePathElement()
    step.ReferenceTypeId = ua.NodeId(ua.ObjectIds.HasProperty)
    step.IsInverse, step.IncludeSubtypes = False, True
    step.TargetName = ua.QualifiedName("EngineeringUnits", 0)
    path.RelativePath.Elements = [step]
    return path


def _unit_symbol(result: Any) -> str:  # noqa: ANN401 - ua.DataValue
    value = result.Value.Value if result.Value is not None else None
    return str(value.DisplayName.Text or "")[:20] if isinstance(value, ua.EUInformation) else ""


def _content(changes: Changes, place: int, node: str, type_name: str) -> Content:
    status = int(changes.status[place])
    odd = changes.odd.get(place)
    number = float(changes.value[place])
    value: float | str | bool | None = None
    if isinstance(odd, Strange):
        type_name = odd.kind
    elif odd is not None:
        value = odd[:MAX_TEXT_CHARS]
    elif number == number and status >> 30 < 2:
        value = bool(number) if changes.is_boolean[place] else number
    return Content(
        node,
        value,
        type_name,
        not isinstance(odd, Strange),
        str(ua.StatusCode(ua.UInt32(status)).name),
        of_status(status).label,
        int(changes.source_at[place]) or None,
    )


def _with_unit(content: Content, unit: str) -> Content:
    return Content(
        content.node,
        content.value,
        content.type,
        content.takes,
        content.status,
        content.quality,
        content.source_at,
        unit,
    )
