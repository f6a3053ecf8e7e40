// A step of a cron expression that is none.
// expect-first: pando: a step of this cron expression is 0, or more than its field has
#include <pando/app/entities.hpp>

#ifdef PANDO_TWIN
#define EXPRESSION "*/15 * * * *"
#else
#define EXPRESSION "*/0 * * * *"
#endif

auto job = pando::cron<"job", EXPRESSION>([] {}); // here

int main(int argc, char** argv) { return pando::app(job).main(argc, argv); }
