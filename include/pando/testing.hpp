// For tests of apps: HTTP without a port. An umbrella.
#pragma once

#include <pando/testing/http_client.hpp>
