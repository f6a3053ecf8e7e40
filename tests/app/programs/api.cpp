// The comprehensive API as a program, for the command line. With API_CLOSED its guard lets nobody in.
#include <cstdlib>

#include <pando/pando.hpp>

#include "support/api.hpp"

int main(int argc, char** argv) {
  api::probe seen;
  api::signed_in guard{.open = std::getenv("API_CLOSED") == nullptr};
  return pando::app(api::handlers).named("api").provide(seen).provide(guard).main(argc, argv);
}
