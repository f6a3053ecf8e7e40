// The Unix socket: the door of an app, and a program's typed connection to one. An umbrella.
#pragma once

#include <pando/contract.hpp>
#include <pando/socket/link.hpp>
#include <pando/socket/server.hpp>
