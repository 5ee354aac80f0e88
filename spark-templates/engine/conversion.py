"""Converts texts to values. Uses SQL, so that the same expressions convert fields and the elements of arrays."""

from typing import Optional

from engine.schema import digits_of, element_of

# A text that denotes a number. With a longer exponent, Spark would spend hours adding zeros.
NUMBER = r"^\s*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?0*[0-9]{1,3})?\s*$"
DATE = r"\A(?!0000)[0-9]{4}-[0-9]{2}-[0-9]{2}\z"
# Date and time, with or without fractions of a second, up to microseconds; then Z, an offset, or nothing for UTC.
MOMENT = (
    r"\A(?!0000)[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,6}0*)?"
    r"(Z|[+-][0-9]{2}(:?[0-9]{2})?)?\z"
)
# The first and the last second of years with four digits.
FIRST_SECOND = -62135596800
LAST_SECOND = 253402300799


def field_sql(name: str, form: Optional[str], text: str, items: str) -> str:
    """Returns SQL for the value of a field. Its text is in column `text`, the texts of an array are in `items`."""
    element = element_of(name)
    return value_sql(name, form, text) if element is None else array_sql(element, form, items)


def value_sql(name: str, form: Optional[str], text: str) -> str:
    """Returns SQL for the value of a text, or null if it does not fit.

    `name`: the type, not an ARRAY. `form`: the format of a TIMESTAMP. `text`: SQL for the text.
    """
    digits = digits_of(name)
    if digits is not None:
        return decimal_sql(text, *digits)
    if name == "TIMESTAMP":
        return moment_sql(text) if form == "iso8601" else epoch_sql(text, 1000 if form == "epoch_millis" else 1)
    conversions = {
        "STRING": text,
        "INT": f"try_cast({bigint_sql(text)} AS INT)",
        "BIGINT": bigint_sql(text),
        "DOUBLE": double_sql(text),
        "BOOLEAN": f"CASE {text} WHEN 'true' THEN true WHEN 'false' THEN false END",
        "DATE": f"CASE WHEN {text} RLIKE {literal(DATE)} THEN try_cast({text} AS DATE) END",
    }
    return conversions[name]


def literal(text: str) -> str:
    """Returns a text as a literal of Spark SQL."""
    return "'%s'" % text.replace("\\", "\\\\").replace("'", "\\'")


def double_sql(text: str) -> str:
    """Converts to a finite number. -0.0 becomes 0.0: the two are equal, so sorting could not choose between them."""
    number = f"(CASE WHEN {text} RLIKE {literal(NUMBER)} THEN try_cast({text} AS DOUBLE) END + 0.0D)"
    return f"CASE WHEN abs({number}) < double('infinity') THEN {number} END"


def bigint_sql(text: str) -> str:
    """Converts any text that denotes an integer. Spark turns the JSON number 1542326457796.0 into 1.542326457796E12."""
    decimal = f"try_cast({text} AS DECIMAL(38, 18))"
    whole = f"{decimal} % 1 = 0 AND CAST({decimal} AS DOUBLE) = try_cast({text} AS DOUBLE)"
    truncated = f"CASE WHEN {text} RLIKE {literal(NUMBER)} AND {whole} THEN try_cast({decimal} AS BIGINT) END"
    return f"coalesce(try_cast({text} AS BIGINT), {truncated})"


def decimal_sql(text: str, precision: int, scale: int) -> str:
    """Converts to a decimal number, or to null if the number would be rounded or has too many digits."""
    plain = literal(r"\A[+-]?[0-9]+([.][0-9]{0,%d})?\z" % scale)
    exact = f"{text} RLIKE {plain} OR {text} RLIKE {literal(NUMBER)} AND {decimals_sql(text)} <= {scale}"
    return f"CASE WHEN {exact} THEN try_cast({text} AS DECIMAL({precision}, {scale})) END"


def decimals_sql(text: str) -> str:
    """Returns SQL for the number of decimal places that a number needs, which is negative for multiples of ten."""
    fraction = f"regexp_extract({text}, '[.]([0-9]*)', 1)"
    digits = f"concat(regexp_extract({text}, '^[^0-9.]*([0-9]*)', 1), {fraction})"
    significant = f"trim(TRAILING '0' FROM {digits})"
    exponent = f"coalesce(try_cast(regexp_extract({text}, '[eE]([+-]?[0-9]+)', 1) AS INT), 0)"
    needed = f"length({fraction}) - length({digits}) + length({significant}) - {exponent}"
    return f"CASE WHEN {significant} = '' THEN 0 ELSE {needed} END"


def moment_sql(text: str) -> str:
    return f"CASE WHEN {text} RLIKE {literal(MOMENT)} THEN try_cast({text} AS TIMESTAMP) END"


def epoch_sql(text: str, units: int) -> str:
    """Converts a number of seconds or milliseconds to a time, or to null if it is finer than a microsecond."""
    number = decimal_sql(text, 20, 6 if units == 1 else 3)
    known = f"{number} >= {FIRST_SECOND * units} AND {number} < {(LAST_SECOND + 1) * units}"
    return f"CASE WHEN {known} THEN timestamp_micros(CAST({number} * {1000000 // units} AS BIGINT)) END"


def array_sql(name: str, form: Optional[str], items: str) -> str:
    """Returns SQL for the values of an array of texts, or null if one of them does not fit.

    `name`: the type of the elements. `items`: SQL for the texts.
    """
    values = f"transform({items}, item -> {value_sql(name, form, 'item')})"
    nulls = [f"size(filter({array}, one -> one IS NULL))" for array in (items, values)]
    return f"CASE WHEN {nulls[0]} = {nulls[1]} THEN {values} END"
