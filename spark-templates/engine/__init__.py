"""The program of every step. Rendering puts its modules into one file, and the data of the step in place of `baked`."""
