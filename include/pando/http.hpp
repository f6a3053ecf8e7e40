// HTTP: markers, what handlers may ask for, the door and the typed client. An umbrella.
#pragma once

#include <pando/contract.hpp>
#include <pando/http/client.hpp>
#include <pando/http/door.hpp>
#include <pando/http/expose.hpp>
#include <pando/http/handler_parts.hpp>
#include <pando/http/markers.hpp>
