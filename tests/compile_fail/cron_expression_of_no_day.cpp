// A cron expression for a day that no month of it has.
// expect-first: pando: no month of this cron expression has such a day
#include <pando/app/entities.hpp>

#ifdef PANDO_TWIN
#define EXPRESSION "0 0 31 1 *"
#else
#define EXPRESSION "0 0 31 2 *"
#endif

auto job = pando::cron<"job", EXPRESSION>([] {}); // here

int main(int argc, char** argv) { return pando::app(job).main(argc, argv); }
