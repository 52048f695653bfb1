"""Linear's own schema, with resolvers handed in; and what a call costs in complexity."""

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from graphql import (
    DocumentNode,
    ExecutionResult,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    GraphQLUnionType,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    build_ast_schema,
    build_schema,
    extend_schema,
    get_named_type,
    parse,
    validate,
    value_from_ast_untyped,
)
from graphql.execution import execute_sync
from graphql.pyutils import is_awaitable

Resolver = Callable[..., Any]

_FILE = Path(__file__).with_name("linear.schema.graphql")
_USUAL_PAGE = 50


@cache
def linear_schema() -> GraphQLSchema:
    """The schema; parsing it takes about a second, once."""
    return build_schema(_FILE.read_text(encoding="utf-8"))


_LACKING = {
    "Query": {"searchIssues", "agentActivity"},
    "Mutation": {"attachmentLinkURL"},
    "Issue": {"branchName", "attachments"},
    "Comment": {"parent", "agentSession"},
    "CommentCreateInput": {"id", "parentId", "doNotSubscribeToIssue"},
    "AgentSession": {"status", "url", "externalLinks"},
    "AgentSessionUpdateInput": {"addedExternalUrls"},
    "AgentActivityCreateInput": {"id", "agentSessionId", "content", "signal", "signalMetadata"},
}
_FLAT = "extend input AgentActivityCreateInput { sessionId: String!, type: String!, body: String! }"


@cache
def lesser_schema() -> GraphQLSchema:
    """What a stand-in of somebody else knows of it, emulate 0.12.2 for one."""
    document = parse(_FILE.read_text(encoding="utf-8"))
    lesser = replace(document, definitions=tuple(map(_lesser, document.definitions)))
    return extend_schema(build_ast_schema(lesser), parse(_FLAT))


def _lesser(definition: Any) -> Any:
    lacking = _LACKING.get(getattr(getattr(definition, "name", None), "value", ""))
    if not lacking:
        return definition
    kept = (one for one in definition.fields if one.name.value not in lacking)
    return replace(definition, fields=tuple(kept))


def _schema(*, lesser: bool) -> GraphQLSchema:
    return lesser_schema() if lesser else linear_schema()


@cache
def read_document(
    text: str, *, lesser: bool = False
) -> tuple[DocumentNode, tuple[GraphQLError, ...]]:
    """A document and what the schema says against it. Raises GraphQLError where it is none."""
    document = parse(text)
    return document, tuple(validate(_schema(lesser=lesser), document))


def run(
    document: DocumentNode,
    variables: Mapping[str, Any],
    resolvers: Mapping[str, Resolver],
    *,
    lesser: bool = False,
) -> ExecutionResult:
    """Execute a valid document; root fields by `resolvers`, the rest by key of the values."""

    def resolve(source: Any, info: GraphQLResolveInfo[Any], **arguments: Any) -> Any:
        if info.parent_type.name in {"Query", "Mutation"}:
            known = resolvers.get(info.field_name)
            if known is None:
                raise GraphQLError(f"the stand-in does not know {info.field_name}")
            return known(**arguments)
        value = source[info.field_name]
        return value(**arguments) if callable(value) else value

    result = execute_sync(
        _schema(lesser=lesser), document, variable_values=dict(variables), field_resolver=resolve
    )
    assert not is_awaitable(result)
    return result


def complexity(document: DocumentNode, variables: Mapping[str, Any]) -> int:
    """Points by Linear's rule: 0.1 a property, 1 an object, a connection times its page."""
    fragments = {
        node.name.value: node
        for node in document.definitions
        if isinstance(node, FragmentDefinitionNode)
    }
    total = 0.0
    for node in document.definitions:
        if isinstance(node, OperationDefinitionNode):
            schema = linear_schema()
            root = schema.get_root_type(node.operation)
            assert root is not None
            total += _points(node.selection_set, root, variables, fragments)
    return math.ceil(total)


def _points(
    selection: SelectionSetNode,
    parent: Any,
    variables: Mapping[str, Any],
    fragments: Mapping[str, FragmentDefinitionNode],
) -> float:
    total = 0.0
    for node in selection.selections:
        if isinstance(node, FieldNode):
            total += _field_points(node, parent, variables, fragments)
        elif isinstance(node, FragmentSpreadNode):
            fragment = fragments[node.name.value]
            inner = linear_schema().get_type(fragment.type_condition.name.value)
            total += _points(fragment.selection_set, inner, variables, fragments)
        elif isinstance(node, InlineFragmentNode):
            condition = node.type_condition
            inner = linear_schema().get_type(condition.name.value) if condition else parent
            total += _points(node.selection_set, inner, variables, fragments)
    return total


def _field_points(
    node: FieldNode,
    parent: Any,
    variables: Mapping[str, Any],
    fragments: Mapping[str, FragmentDefinitionNode],
) -> float:
    about_itself = node.name.value.startswith("__")
    if node.selection_set is None or about_itself:
        return 0.1
    if not isinstance(parent, GraphQLObjectType | GraphQLInterfaceType):
        return 0.1
    kind = get_named_type(parent.fields[node.name.value].type)
    assert not isinstance(kind, GraphQLUnionType) or kind.types
    inner = _points(node.selection_set, kind, variables, fragments)
    if not kind.name.endswith(("Connection", "SearchPayload")):
        return 1 + inner
    given = {
        argument.name.value: value_from_ast_untyped(argument.value, dict(variables))
        for argument in node.arguments or ()
    }
    return 1 + inner * int(given.get("first") or _USUAL_PAGE)
