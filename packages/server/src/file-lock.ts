export { type FileLock, takeFileLock } from "@kissbot/store";
