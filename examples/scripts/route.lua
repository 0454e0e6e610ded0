-- The file that an event goes to follows from its tenant.
function transform(data, attributes)
    local tenant = data.tenant
    if tenant ~= "north" and tenant ~= "south" then
        error("no such tenant: " .. tostring(tenant))
    end
    attributes.tenant = tenant
    data.tenant = nil
    return data, attributes
end
