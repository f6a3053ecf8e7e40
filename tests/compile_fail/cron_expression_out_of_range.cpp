// A cron expression at an hour that no day has.
// expect-first: pando: a number of this cron expression is out of range
#include <pando/app/entities.hpp>

#ifdef PANDO_TWIN
#define EXPRESSION "0 23 * * *"
#else
#define EXPRESSION "0 24 * * *"
#endif

auto job = pando::cron<"job", EXPRESSION>([] {}); // here

int main(int argc, char** argv) { return pando::app(job).main(argc, argv); }
