// A name of a schedule that there is not.
// expect-first: pando: this is no name of a schedule; there are @yearly
#include <pando/app/entities.hpp>

#ifdef PANDO_TWIN
#define EXPRESSION "@daily"
#else
#define EXPRESSION "@nightly"
#endif

auto job = pando::cron<"job", EXPRESSION>([] {}); // here

int main(int argc, char** argv) { return pando::app(job).main(argc, argv); }
