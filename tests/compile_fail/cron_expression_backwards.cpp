// A range of a cron expression that ends before it begins.
// expect-first: pando: a range of this cron expression ends before it begins
#include <pando/app/entities.hpp>

#ifdef PANDO_TWIN
#define EXPRESSION "0 22-23,0-3 * * *"
#else
#define EXPRESSION "0 22-3 * * *"
#endif

auto job = pando::cron<"job", EXPRESSION>([] {}); // here

int main(int argc, char** argv) { return pando::app(job).main(argc, argv); }
