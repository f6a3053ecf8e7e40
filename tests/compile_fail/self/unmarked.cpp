// Names no line and no sentence of its own.
// expect: fitting
int main() { static_assert(sizeof(int) == 1, "fitting: the hole takes a square peg"); }
