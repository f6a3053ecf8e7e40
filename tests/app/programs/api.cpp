// The comprehensive API as a program, for the command line.
#include <pando/pando.hpp>

#include "support/api.hpp"

int main(int argc, char** argv) {
  api::probe seen;
  api::signed_in guard;
  return pando::app(api::handlers).named("api").provide(seen).provide(guard).main(argc, argv);
}
