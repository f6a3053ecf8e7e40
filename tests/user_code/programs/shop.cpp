// Section 3 of the user's page: the program.
#include "../implementation.hpp"

int main(int argc, char** argv) {
  UserStore store{"shop.db"};
  return pando::app(users)                          // implementations, features, in any order
      .provide(store)                               // services, by reference
      .main(argc, argv);
}
