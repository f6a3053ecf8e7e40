// Does not fail at all.
// expect-first: fitting: the hole takes a square peg
int main() {} // here
