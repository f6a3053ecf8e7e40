// For tests of apps: HTTP without a port, a cluster in one process. An umbrella.
#pragma once

#include <pando/testing/cluster.hpp>
#include <pando/testing/http_client.hpp>
#include <pando/testing/storage_decorator.hpp>
#include <pando/testing/virtual_time.hpp>
