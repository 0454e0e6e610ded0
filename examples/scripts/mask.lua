-- Personal data leaves unreadable; everything else keeps its bytes.
function transform(data)
    data.name = nil
    data.email = mask_email(data.email)
    data.phone = mask_phone(data.phone)
    data.born = mask_year_only(data.born)
    data.customer = hash_hmac_sha256("a secret of one's own", data.customer)
    return data
end
