"""Reading: a query may only read views. Its plan is looked through before Spark resolves it, which runs some functions."""

from py4j.java_gateway import JavaObject, is_instance_of

from engine.baked import QUERIES
from engine.failure import StepFailure

# Parts of a plan that run a command, or hide what they name until later.
ACTING = {
    "ScriptTransformation": "hands rows to a command",
    "PlanWithUnresolvedIdentifier": "hides what it reads behind IDENTIFIER",
    "ExpressionWithUnresolvedIdentifier": "hides what it calls behind IDENTIFIER",
}
# Functions that run methods of Java classes, or take the path of a file.
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
# Parts with nothing below them that could act.
LEAVES = ("UnresolvedAttribute", "Literal", "UnresolvedStar")


def check_reading(spark, text, table):
    """Fails for a query that does anything but read views; a statement is none to Spark's own parser of queries."""
    parser = spark._jsparkSession.sessionState().sqlParser()
    parser.parseQuery(text)
    reason = action_in(spark, parser.parsePlan(text))
    if reason:
        template, _, _ = QUERIES[table["name"]]
        message = "the query of %s %s; a template may only read views" % (table["name"], reason)
        raise StepFailure("query", message, table["name"], template)


def action_in(spark, plan):
    """What a parsed plan does beyond reading views, or None. Looks into subqueries and WITH, which are no children."""
    gateway = spark.sparkContext._gateway
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
        if name not in LEAVES and is_instance_of(gateway, part, "scala.Product"):
            pending.extend(part.productElement(index) for index in range(part.productArity()))
    return None


def forbidden_name(name, part):
    """Why a part may not name what it names."""
    if name in CALLS:
        function = items_of(part.productElement(0))[-1].lower()
        return function in ACTING_FUNCTIONS and "calls %s, which %s" % (function, ACTING_FUNCTIONS[function])
    if name == "UnresolvedRelation":
        names = items_of(part.multipartIdentifier())
        return len(names) > 1 and "reads %s, which is no view" % ".".join(names)
    return None


def items_of(collection):
    items, iterator = [], collection.iterator()
    while iterator.hasNext():
        items.append(iterator.next())
    return items
