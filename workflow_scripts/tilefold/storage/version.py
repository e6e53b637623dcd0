"""Version of the library, which every product carries."""

VERSION = "0.1.0"
