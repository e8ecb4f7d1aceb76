"""Starts ministack with Nagle's algorithm off.

Its servers write an answer's head and body in two segments, and the second
waits about 40 ms for the first one's acknowledgement: with the algorithm off a
request to a release build takes 7 ms.
"""

import socketserver

import ministack.app

if __name__ == "__main__":
    socketserver.StreamRequestHandler.disable_nagle_algorithm = True
    ministack.app.main()
