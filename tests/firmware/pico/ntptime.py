"""The clock of the machine that runs the test is right already."""


def settime():
    pass
