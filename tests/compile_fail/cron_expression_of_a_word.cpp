// A cron expression with a word that is no name.
// expect-first: pando: a field of this cron expression has a word that is none
#include <pando/app/entities.hpp>

#ifdef PANDO_TWIN
#define EXPRESSION "0 3 * * mon"
#else
#define EXPRESSION "0 3 * * monday"
#endif

auto job = pando::cron<"job", EXPRESSION>([] {}); // here

int main(int argc, char** argv) { return pando::app(job).main(argc, argv); }
