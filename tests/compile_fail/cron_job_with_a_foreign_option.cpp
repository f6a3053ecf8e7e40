// An option that is none of a cron job.
// expect-first: pando: this is no option of a cron job; it takes time_zone<...>, skip_if_older_than
// expect: persisted
#include <pando/app/entities.hpp>

#ifdef PANDO_TWIN
#define OPTION pando::time_zone<"Europe/Berlin">
#else
#define OPTION pando::persisted
#endif

auto nightly = pando::cron<"nightly", "0 3 * * *", OPTION>([] {}); // here

int main(int argc, char** argv) { return pando::app(nightly).main(argc, argv); }
