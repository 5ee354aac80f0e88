"""Checks that a query only reads views, before Spark resolves its plan: resolving it already runs some functions."""

from collections.abc import Sequence
from typing import Any, Optional

from py4j.java_gateway import JavaObject
from py4j.protocol import Py4JError
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from engine.baked import QUERIES
from engine.contracts import Table
from engine.failure import StepFailure, query_failure
from engine.storage import jvm

# Parts of a plan that run a command, or hide a name until Spark resolves the plan.
ACTING = {
    "ScriptTransformation": "hands rows to a command",
    "PlanWithUnresolvedIdentifier": "hides what it reads behind IDENTIFIER",
    "ExpressionWithUnresolvedIdentifier": "hides what it calls behind IDENTIFIER",
}
# Functions that run a method of a Java class, or read a file.
ACTING_FUNCTIONS = {
    "reflect": "runs a method of a Java class",
    "java_method": "runs a method of a Java class",
    "try_reflect": "runs a method of a Java class",
    "from_protobuf": "reads a file",
    "to_protobuf": "reads a file",
    "from_xml": "can read a file",
    "schema_of_xml": "can read a file",
}
CALLS = ("UnresolvedFunction", "UnresolvedTableValuedFunction")
# Parts that contain no other parts of interest.
LEAVES = ("UnresolvedAttribute", "Literal", "UnresolvedStar")


def check_queries(spark: SparkSession, tables: Sequence[Table]) -> None:
    """Fails if a query does anything but read views. Spark's query parser refuses all other statements."""
    parser = spark._jsparkSession.sessionState().sqlParser()
    for table in tables:
        template, _, _ = QUERIES[table["name"]]
        text = query_text(table)
        try:
            parser.parseQuery(text)
            action = action_in(spark, parser.parsePlan(text))
        except (Py4JError, PySparkException) as error:
            raise query_failure(error, table) from error
        if action:
            message = "the query of %s %s; a template may only read views" % (table["name"], action)
            raise StepFailure("query", message, table["name"], template)


def query_text(table: Table) -> str:
    """The query of a table, without the line break that rendering puts before it."""
    return QUERIES[table["name"]][2][1:]


def action_in(spark: SparkSession, plan: Any) -> Optional[str]:
    """Returns what a parsed plan does beyond reading views, or None.

    Visits all parts of the plan, since its children include neither subqueries nor WITH.
    """
    product = jvm(spark).java.lang.Class.forName("scala.Product")
    pending = [plan]
    while pending:
        part = pending.pop()
        if not isinstance(part, JavaObject):
            continue
        path = part.getClass().getName()
        if path.startswith("scala.collection."):
            pending.extend(items_of(part))
            continue
        name = path.rsplit(".", 1)[-1]
        reason = ACTING.get(name) or forbidden_name(name, part)
        if reason:
            return reason
        if name not in LEAVES and product.isInstance(part):
            pending.extend(part.productElement(index) for index in range(part.productArity()))
    return None


def forbidden_name(name: str, part: Any) -> Optional[str]:
    """Returns why a part must not use the function or relation that it names, or None."""
    if name in CALLS:
        function = items_of(part.productElement(0))[-1].lower()
        return "calls %s, which %s" % (function, ACTING_FUNCTIONS[function]) if function in ACTING_FUNCTIONS else None
    if name == "UnresolvedRelation":
        names = items_of(part.multipartIdentifier())
        return "reads %s, which is not a view" % ".".join(names) if len(names) > 1 else None
    return None


def items_of(collection: Any) -> list[Any]:
    """Returns the items of a Scala collection."""
    items, iterator = [], collection.iterator()
    while iterator.hasNext():
        items.append(iterator.next())
    return items
