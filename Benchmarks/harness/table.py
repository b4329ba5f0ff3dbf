"""Tables of Markdown that can be read as they stand."""


def table(header, rows):
    """The first column to the left, all others to the right."""
    cells = [header] + rows
    widths = [max(len(row[column]) for row in cells) for column in range(len(header))]

    def line(row):
        return "| " + " | ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths))) + " |"

    rule = "|" + "|".join(
        "-" * (width + 2) if column == 0 else "-" * (width + 1) + ":"
        for column, width in enumerate(widths)) + "|"
    return "\n".join([line(header), rule] + [line(row) for row in rows])


def ratio(ours, theirs):
    return f"{ours / theirs:.2f}" if theirs else "-"


def mebi(octets):
    return f"{octets / 2**20:.1f}"


def milliseconds(seconds):
    return f"{seconds * 1e3:.1f}"
