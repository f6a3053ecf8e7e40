// Counts what this program allocates, as the tests of the schema do.
#include "../schema/allocations.cpp"
