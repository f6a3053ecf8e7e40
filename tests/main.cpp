// The main of every test program; the tests are in the folders beside this file.
#define BOOST_TEST_MODULE pando
#include <boost/test/unit_test.hpp>
